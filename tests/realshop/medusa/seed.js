// Builds the empty shop once (see setup.js), and writes what the tests need to know of it to SEED_FACTS: China, yuan, prices with tax, one way to ship for 8 yuan, one way to pay
// (authorised at checkout, captured later by the merchant). Goods are made by each test for itself.
const { Modules, ContainerRegistrationKeys } = require('@medusajs/framework/utils');
const flows = require('@medusajs/medusa/core-flows');
const fs = require('node:fs');

module.exports.default = async function seed({ container }) {
    const run = async (flow, input) => (await flow(container).run({ input })).result;
    const link = container.resolve(ContainerRegistrationKeys.LINK);
    const store = (await container.resolve(Modules.STORE).listStores())[0];
    const [channel] = await run(flows.createSalesChannelsWorkflow, { salesChannelsData: [{ name: '练习商城' }] });
    await run(flows.updateStoresWorkflow, {
        selector: { id: store.id },
        update: {
            name: '练习商城',
            supported_currencies: [{ currency_code: 'cny', is_default: true, is_tax_inclusive: true }],
            default_sales_channel_id: channel.id,
        },
    });
    const [region] = await run(flows.createRegionsWorkflow, {
        regions: [
            {
                name: '中国',
                currency_code: 'cny',
                countries: ['cn'],
                payment_providers: ['pp_system_default'],
                is_tax_inclusive: true,
            },
        ],
    });
    await run(flows.createTaxRegionsWorkflow, [
        { country_code: 'cn', provider_id: 'tp_system', default_tax_rate: { name: 'VAT', code: 'vat', rate: 13 } },
    ]);
    const [location] = await run(flows.createStockLocationsWorkflow, {
        locations: [{ name: '仓库', address: { city: '杭州', country_code: 'CN', address_1: '幸福路' } }],
    });
    await link.create({
        [Modules.STOCK_LOCATION]: { stock_location_id: location.id },
        [Modules.FULFILLMENT]: { fulfillment_provider_id: 'manual_manual' },
    });
    const [profile] = await run(flows.createShippingProfilesWorkflow, { data: [{ name: '默认', type: 'default' }] });
    const fulfilment = await container.resolve(Modules.FULFILLMENT).createFulfillmentSets({
        name: '快递',
        type: 'shipping',
        service_zones: [{ name: '中国', geo_zones: [{ country_code: 'cn', type: 'country' }] }],
    });
    await link.create({
        [Modules.STOCK_LOCATION]: { stock_location_id: location.id },
        [Modules.FULFILLMENT]: { fulfillment_set_id: fulfilment.id },
    });
    const [option] = await run(flows.createShippingOptionsWorkflow, [
        {
            name: '快递',
            price_type: 'flat',
            provider_id: 'manual_manual',
            service_zone_id: fulfilment.service_zones[0].id,
            shipping_profile_id: profile.id,
            type: { label: '快递', description: '快递', code: 'express' },
            prices: [
                { currency_code: 'cny', amount: 8 },
                { region_id: region.id, amount: 8 },
            ],
            rules: [
                { attribute: 'enabled_in_store', value: 'true', operator: 'eq' },
                { attribute: 'is_return', value: 'false', operator: 'eq' },
            ],
        },
    ]);
    await run(flows.linkSalesChannelsToStockLocationWorkflow, { id: location.id, add: [channel.id] });
    const keys = await run(flows.createApiKeysWorkflow, {
        api_keys: [
            { title: 'storefront', type: 'publishable', created_by: '' },
            { title: 'packdesk', type: 'secret', created_by: 'seed' },
        ],
    });
    const byType = Object.fromEntries(keys.map(key => [key.type, key]));
    await run(flows.linkSalesChannelsToApiKeyWorkflow, { id: byType.publishable.id, add: [channel.id] });
    const email = 'desk@example.com';
    const password = 'only-for-tests';
    const auth = container.resolve(Modules.AUTH);
    const { authIdentity } = await auth.register('emailpass', { body: { email, password } });
    const user = await container.resolve(Modules.USER).createUsers({ email });
    await auth.updateAuthIdentities({ id: authIdentity.id, app_metadata: { user_id: user.id } });
    fs.writeFileSync(
        process.env.SEED_FACTS,
        JSON.stringify({
            email,
            password,
            secret_key: byType.secret.token,
            publishable_key: byType.publishable.token,
            region_id: region.id,
            location_id: location.id,
            sales_channel_id: channel.id,
            shipping_profile_id: profile.id,
            shipping_option_id: option.id,
        }),
    );
};
