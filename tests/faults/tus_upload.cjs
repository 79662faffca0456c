// Uploads one file by a client that others wrote, as its users would. Run where that is installed:
// node tus_upload.cjs tus-js|tus-js-at-once|tus-js-as-post|uppy ENDPOINT TOKEN FILE SHA256 CHUNK_BYTES
const fs = require("fs");
const { createRequire } = require("module");
const found = createRequire(`${process.env.NODE_PATH}/`);

const [client, endpoint, token, file, sha256, chunk] = process.argv.slice(2);
const given = {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  chunkSize: Number(chunk),
  retryDelays: [0, 0, 0, 0, 0],
};

function fail(error) {
  console.error(String(error));
  process.exit(1);
}

function tusJs() {
  const tus = found("tus-js-client");
  const upload = new tus.Upload(fs.createReadStream(file), {
    ...given,
    metadata: { sha256 },
    uploadDataDuringCreation: client === "tus-js-at-once",
    overridePatchMethod: client === "tus-js-as-post",
    uploadSize: fs.statSync(file).size,
    onError: fail,
  });
  upload.start();
}

async function uppy() {
  const Uppy = (await import(found.resolve("@uppy/core"))).default;
  const Tus = (await import(found.resolve("@uppy/tus"))).default;
  const one = new Uppy().use(Tus, { ...given, allowedMetaFields: ["sha256"] });
  one.addFile({ name: "foto.jpg", type: "image/jpeg", data: fs.readFileSync(file), meta: { sha256 } });
  const done = await one.upload();
  if (done.failed.length) fail(done.failed[0].error);
  process.exit(0);
}

if (client === "uppy") uppy().catch(fail);
else tusJs();
