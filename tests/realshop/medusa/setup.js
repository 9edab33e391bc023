// Usage: node setup.js tables|shop. Makes the tables of an empty database (DATABASE_URL), then fills in the empty shop.
const commands = {
    tables: () =>
        require('@medusajs/medusa/commands/db/migrate').default({
            directory: __dirname,
            executeSafeLinks: true,
            skipScripts: true,
            skipSearch: true,
        }),
    shop: () => require('@medusajs/medusa/commands/exec').default({ file: './seed.js', args: [] }),
};

commands[process.argv[2]]();
