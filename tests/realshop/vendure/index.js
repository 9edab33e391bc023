// Usage: node index.js FILE PORT. Serves until it is told to stop; the file is only read, so every start is the same shop.
const { bootstrap } = require('@vendure/core');
const { vendureConfig } = require('./config');

async function main(database, port) {
    await bootstrap(await vendureConfig({ database, port: Number(port), synchronize: false }));
    console.log('ready');
}

main(process.argv[2], process.argv[3]).catch(error => {
    console.error(error);
    process.exit(1);
});
