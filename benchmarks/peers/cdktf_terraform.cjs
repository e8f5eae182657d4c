// CDKTF apps written by hand: `cdktf_terraform.cjs TARGETS PACKAGE OUTDIR [FOLDER DIGEST]`, with the same resources as
// `modelship_terraform.cjs`. The function app's folder, and its digest, are given to it.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { App } = require('cdktf');

const [targets, directory, outdir, folder, folderDigest] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8'));
const files = ['model.json', ...manifest.files.map(({ path }) => path)];
const app = new App({ outdir });
for (const target of targets.split(',')) {
  require(`./cdktf/${target}.cjs`)(app, { manifest, files, directory, folder, folderDigest });
}
app.synth();
