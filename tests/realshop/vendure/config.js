// A plain Vendure shop: everything not named here is Vendure's default, above all the order process and the stock
// allocation, because their behaviour is what the tests are about.
const { DefaultLogger, LogLevel, LanguageCode, dummyPaymentHandler } = require('@vendure/core');
const { sqliteDriver } = require('./sqlite');

async function vendureConfig({ database, synchronize }) {
    return {
        apiOptions: { hostname: '127.0.0.1', port: 0, adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
        authOptions: {
            tokenMethod: ['bearer'],
            superadminCredentials: { identifier: 'superadmin', password: 'superadmin' },
        },
        dbConnectionOptions: {
            type: 'better-sqlite3',
            driver: await sqliteDriver(),
            database,
            synchronize,
            logging: false,
        },
        paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
        customFields: {
            Order: [
                {
                    name: 'buyerNote',
                    type: 'text',
                    label: [{ languageCode: LanguageCode.en, value: 'Buyer note' }],
                },
            ],
        },
        logger: new DefaultLogger({ level: LogLevel.Warn, timestamp: false }),
        plugins: [],
    };
}

module.exports = { vendureConfig };
