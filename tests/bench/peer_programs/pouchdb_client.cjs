// PouchDB as a client, one command with JSON options. Each prints {seconds: [...]}: of the replication alone.
//   fill  {url, file}                          store documents at the server
//   pull  {url, folder, batch, runs, adapter}  replicate into a new database
//   push  {url, file, folder, batch, runs}     replicate from a filled database into a new one at the server
//   sync  {url, folder, name}                  sync both ways with a database that stays
const fs = require("fs");
const PouchDB = require("pouchdb");
PouchDB.plugin(require("pouchdb-adapter-memory"));

const [command, options] = [process.argv[2], JSON.parse(process.argv[3])];
const read = (file) => JSON.parse(fs.readFileSync(file));
let made = 0;
const local = (adapter) =>
  new PouchDB(`${options.folder}/local-${process.pid}-${++made}`, adapter ? { adapter } : {});
const remote = (url) => new PouchDB(url);

async function store(database, documents) {
  for (let first = 0; first < documents.length; first += 1000) {
    const done = await database.bulkDocs(documents.slice(first, first + 1000));
    if (done.some((one) => one.error)) throw new Error("a document was refused");
  }
}

async function timed(work, count) {
  const start = process.hrtime.bigint();
  const done = await work();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (count !== undefined && done.docs_written !== count) throw new Error(`${done.docs_written} were written`);
  return seconds;
}

const commands = {
  async fill() {
    await store(remote(options.url), read(options.file));
    return [];
  },
  async pull() {
    const source = remote(options.url);
    const count = (await source.info()).doc_count;
    const seconds = [];
    for (let run = 0; run < options.runs; run++) {
      const target = local(options.adapter);
      seconds.push(await timed(() => target.replicate.from(source, { batch_size: options.batch }), count));
      await target.destroy();
    }
    return seconds;
  },
  async push() {
    const documents = read(options.file);
    const seconds = [];
    for (let run = 0; run < options.runs; run++) {
      const source = local();
      await store(source, documents);
      const target = remote(`${options.url}-${process.pid}-${run}`);
      await target.info();
      seconds.push(
        await timed(() => source.replicate.to(target, { batch_size: options.batch }), documents.length));
      await source.destroy();
      await target.destroy();
    }
    return seconds;
  },
  async sync() {
    const here = new PouchDB(`${options.folder}/${options.name}`);
    return [await timed(() => here.sync(remote(options.url), { batch_size: 1000 }))];
  },
};

commands[command]().then(
  (seconds) => { console.log(JSON.stringify({ seconds })); process.exit(0); },
  (error) => { console.error(error); process.exit(1); });
