// Draws regions.json from the npm package @vant/area-data (MIT): `npm pack @vant/area-data`, unpack, then
// `node make_regions.mjs PACKAGE/dist/index.cjs > regions.json`. Counties that stand directly below a province have
// no city of their own on any waybill: here they are cities without districts, and Chongqing's counties are its own.
import { createRequire } from "node:module";
import path from "node:path";

const { areaList } = createRequire(import.meta.url)(path.resolve(process.argv[2]));
const { province_list: provinces, city_list: cities, county_list: counties } = areaList;
const below = (list, code, digits) =>
  Object.entries(list).filter(([key]) => key.startsWith(code.slice(0, digits)));

const table = Object.entries(provinces).map(([code, province]) => {
  const found = new Map();
  const add = (city, districts) => found.set(city, [...(found.get(city) ?? []), ...districts]);
  for (const [cityCode, city] of below(cities, code, 2)) {
    const names = below(counties, cityCode, 4).map(([, name]) => name);
    if (/直辖县/.test(city)) names.forEach((name) => add(name, []));
    else add(city === "县" ? province : city, names);
  }
  return [province, [...found].map(([city, names]) => [city, [...new Set(names)]])];
});
process.stdout.write(
  "[\n" + table.map((row) => JSON.stringify(row)).join(",\n") + "\n]\n",
);
