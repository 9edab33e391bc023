// Reads a JSON list of [zpl, width in mm, height in mm, dots per mm] from the standard input and answers with the
// list of the pictures as PNG in base64.
const { readFileSync } = require("node:fs");
const { ready } = require("zpl-renderer-js");

async function main() {
  const { api } = await ready;
  const pictures = [];
  for (const [zpl, width, height, dots] of JSON.parse(readFileSync(0, "utf8"))) {
    pictures.push(await api.zplToBase64Async(zpl, width, height, dots));
  }
  process.stdout.write(JSON.stringify(pictures), () => process.exit(0));
}

main().catch((error) => {
  process.stderr.write(String(error));
  process.exit(1);
});
