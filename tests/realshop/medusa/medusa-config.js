// A plain Medusa shop: everything not named here is Medusa's default, above all the order workflows and the stock
// reservations, because their behaviour is what the tests are about. No dashboard, no outside services.
const { defineConfig } = require('@medusajs/framework/utils');

module.exports = defineConfig({
    admin: { disable: true },
    projectConfig: {
        databaseUrl: process.env.DATABASE_URL,
        databaseDriverOptions: { connection: { ssl: false } },
        http: {
            storeCors: 'http://127.0.0.1',
            adminCors: 'http://127.0.0.1',
            authCors: 'http://127.0.0.1',
            jwtSecret: 'only-for-tests-jwt',
            cookieSecret: 'only-for-tests-cookie',
        },
    },
});
