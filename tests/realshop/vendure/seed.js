// Usage: node seed.js FILE. Builds the empty shop once: China, 13 % tax included in prices, yuan, one way to ship and
// one way to pay (authorised at checkout, settled later by the merchant). Goods are made by each test for itself.
const { bootstrap, ChannelService, RequestContextService, LanguageCode } = require('@vendure/core');
const { populateInitialData } = require('@vendure/core/cli');
const { DataSource } = require('typeorm');
const { vendureConfig } = require('./config');

const initialData = {
    defaultLanguage: LanguageCode.zh_Hans,
    defaultZone: 'China',
    countries: [{ name: '中国', code: 'CN', zone: 'China' }],
    taxRates: [{ name: 'VAT', percentage: 13 }],
    shippingMethods: [{ name: '快递', price: 800 }],
    paymentMethods: [
        {
            name: 'Authorise first',
            handler: { code: 'dummy-payment-handler', arguments: [{ name: 'automaticSettle', value: 'false' }] },
        },
    ],
    collections: [],
};

async function main(database) {
    const app = await bootstrap(await vendureConfig({ database, synchronize: true }));
    await populateInitialData(app, initialData);
    const ctx = await app.get(RequestContextService).create({ apiType: 'admin' });
    const channels = app.get(ChannelService);
    const channel = await channels.getDefaultChannel(ctx);
    await channels.update(ctx, {
        id: channel.id,
        defaultCurrencyCode: 'CNY',
        availableCurrencyCodes: ['CNY'],
        pricesIncludeTax: true,
    });
    app.get(DataSource).driver.databaseConnection.save();
    await app.close();
}

main(process.argv[2]).then(
    () => process.exit(0),
    error => {
        console.error(error);
        process.exit(1);
    },
);
