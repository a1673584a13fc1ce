// The answers of a model to WAV files, one line of JSON each:
//     npm ci && node predict.mjs mood.onnx song.wav ...
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { decodeWav, Mood } from "./mood.mjs";

const [model, ...files] = process.argv.slice(2);
ort.env.wasm.numThreads = 1;

/** Return the bytes of a file in a buffer of their own. */
const read = (path) => Uint8Array.from(readFileSync(path)).buffer;

try {
  if (!files.length) throw new Error("Usage: node predict.mjs mood.onnx song.wav ...");
  const mood = await Mood.open(ort, new Uint8Array(read(model)));
  if (!(await mood.selfTest())) throw new Error(`${model}: does not answer as when it was saved.`);
  for (const file of files) {
    const { signal, rate } = decodeWav(read(file));
    const start = performance.now();
    const answer = await mood.predict(signal, rate);
    const seconds = (performance.now() - start) / 1000;
    console.log(JSON.stringify({ file, ...answer, seconds }));
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
