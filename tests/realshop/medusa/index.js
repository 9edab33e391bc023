// Usage: node index.js PORT. Serves on that loopback port until its standard input ends: a test run that is killed takes
// the shop with it.
const start = require('@medusajs/medusa/commands/start').default;

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
start({ directory: __dirname, host: '127.0.0.1', port: Number(process.argv[2]) }).catch(error => {
    console.error(error);
    process.exit(1);
});
