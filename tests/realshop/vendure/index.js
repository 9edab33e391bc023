// Usage: node index.js FILE. Serves on a free loopback port, which it prints, until its standard input ends: a test run that
// is killed takes the shop with it. The file is only read, so that every start is the same shop.
const { bootstrap } = require('@vendure/core');
const { vendureConfig } = require('./config');

async function main(database) {
    const app = await bootstrap(await vendureConfig({ database, synchronize: false }));
    console.log(`listening on ${app.getHttpServer().address().port}`);
    process.stdin.resume();
    process.stdin.on('end', () => process.exit(0));
}

main(process.argv[2]).catch(error => {
    console.error(error);
    process.exit(1);
});
