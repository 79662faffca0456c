// Serves PouchDB databases (LevelDB files) from a folder, on a free port, which is printed.
const PouchDB = require("pouchdb");
const express = require("express");
const folder = process.argv[2];
const served = PouchDB.defaults({ prefix: folder });
const app = express();
app.use("/", require("express-pouchdb")(served, {
  mode: "minimumForPouchDB", inMemoryConfig: true, logPath: folder + "log.txt",
}));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
