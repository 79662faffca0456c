// Uploads one file with tus-js-client, as its users would. Run where that is installed:
// node tus_upload.cjs ENDPOINT TOKEN FILE SHA256 [at-once]
const fs = require("fs");
const { createRequire } = require("module");
const tus = createRequire(`${process.env.NODE_PATH}/`)("tus-js-client");

const [endpoint, token, file, sha256, when] = process.argv.slice(2);
const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { sha256 },
  chunkSize: 200000,
  uploadDataDuringCreation: when === "at-once",
  uploadSize: fs.statSync(file).size,
  retryDelays: [0, 0, 0, 0, 0],
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess: () => console.log(fs.statSync(file).size),
});
upload.start();
