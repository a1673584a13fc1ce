// A model that mer_sklearn saved as .onnx, in JavaScript: its manifest, audio, and its answers.
// Nothing is imported: the runtime is handed in, so the same lines serve a page and Node.

const KEY = "mer_sklearn";
const SCHEMA = 1; // the form of the manifest that these lines read
const METADATA_PROPS = 14; // the number of a field of an ONNX file: onnxruntime-web hides it

/** Step over the fields of a message of protobuf; yield the number and the bytes of each. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let number = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 63) throw new Error("This is no complete ONNX file.");
      number += (byte & 127) * scale;
      if (byte < 128) return number;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag % 8;
    if (![0, 1, 2, 5].includes(kind)) throw new Error("This is no ONNX file.");
    if (kind === 0) {
      varint();
      continue;
    }
    const length = { 1: 8, 5: 4 }[kind] ?? varint();
    if (at + length > bytes.length) throw new Error("This is no complete ONNX file.");
    yield [Math.floor(tag / 8), bytes.subarray(at, at + length)];
    at += length;
  }
}

/** Return what a model says of itself: labels, sample rate, features, scores, self-test. */
export function readManifest(bytes) {
  const text = new TextDecoder();
  for (const [number, entry] of fields(bytes)) {
    if (number !== METADATA_PROPS) continue;
    const { 1: name, 2: value } = Object.fromEntries(fields(entry));
    if (text.decode(name) !== KEY) continue;
    const manifest = JSON.parse(text.decode(value));
    if (manifest.schema !== SCHEMA) throw new Error(`The model has format ${manifest.schema}.`);
    return manifest;
  }
  throw new Error("This is no model of mer_sklearn.");
}

/** Return the samples of a WAV file (PCM of 16 bits, or float of 32) as {signal, rate}, mono. */
export function decodeWav(buffer) {
  const view = new DataView(buffer);
  const word = (at) => String.fromCharCode(...new Uint8Array(buffer, at, 4));
  if (buffer.byteLength < 12 || word(0) !== "RIFF" || word(8) !== "WAVE") {
    throw new Error("This is no WAV file.");
  }
  let format, data;
  for (let at = 12; at + 8 <= buffer.byteLength; ) {
    const size = Math.min(view.getUint32(at + 4, true), buffer.byteLength - at - 8);
    if (word(at) === "fmt ") {
      format = {
        kind: view.getUint16(at + 8, true),
        channels: view.getUint16(at + 10, true),
        rate: view.getUint32(at + 12, true),
        bits: view.getUint16(at + 22, true),
      };
      // WAVE_FORMAT_EXTENSIBLE says further on what it is
      if (format.kind === 0xfffe) format.kind = view.getUint16(at + 32, true);
    }
    if (word(at) === "data") data = { start: at + 8, size };
    at += 8 + size + (size % 2);
  }
  if (!format?.channels || !data) throw new Error("This WAV file has no samples.");
  const pcm = format.kind === 1 && format.bits === 16;
  if (!pcm && !(format.kind === 3 && format.bits === 32)) {
    throw new Error("Give a WAV file of 16-bit integers or 32-bit floats.");
  }
  const width = format.bits / 8;
  const read = pcm
    ? (at) => view.getInt16(at, true) / 32768
    : (at) => view.getFloat32(at, true);
  const signal = new Float32Array(Math.floor(data.size / (width * format.channels)));
  for (let n = 0, at = data.start; n < signal.length; n++) {
    let sum = 0;
    for (let c = 0; c < format.channels; c++, at += width) sum = Math.fround(sum + read(at));
    signal[n] = sum / format.channels;
  }
  return { signal, rate: format.rate };
}

/** Return one second of a tone that rises from 100 to 5000 Hz: what the self-test asks about. */
function chirp(rate) {
  return Float32Array.from({ length: rate }, (_, n) => {
    const t = n / rate;
    return 0.5 * Math.sin(2 * Math.PI * (100 + 2450 * t) * t);
  });
}

export class Mood {
  /** Open the bytes of a model: `await Mood.open(ort, bytes)`, ort being onnxruntime-web. */
  static async open(ort, bytes) {
    const mood = new Mood();
    mood.manifest = readManifest(bytes); // first: the runtime sees no other file
    mood.Tensor = ort.Tensor;
    mood.session = await ort.InferenceSession.create(bytes, {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "disabled", // that was done when the model was saved
    });
    return mood;
  }

  /** Return the answer to a mono signal, by the names that `mer predict --json` has, too. */
  async predict(signal, rate) {
    const { sample_rate, task, labels, targets, outputs } = this.manifest;
    if (rate !== sample_rate) {
      throw new Error(`The model takes ${sample_rate} Hz, this has ${rate} Hz: resample it.`);
    }
    if (!signal.length) throw new Error("There are no samples.");
    if (!signal.every(Number.isFinite)) throw new Error("There are samples that are no numbers.");
    const waveform = new this.Tensor("float32", signal, [1, signal.length]);
    const found = await this.session.run({ waveform }, outputs);
    if (task === "regression") {
      const numbers = targets.map((name, n) => [name, found.values.data[n]]);
      const emotion = found.label ? [["emotion", found.label.data[0] || null]] : [];
      return Object.fromEntries([...numbers, ...emotion]);
    }
    const text = (label) => (typeof label === "string" ? label : `${Number(label)}`);
    const said = text(found.label.data[0]); // whole numbers come as BigInt, bools as 0 and 1
    const emotion = labels.find((label) => text(label) === said);
    const named = { true: "True", false: "False" }; // as in Python
    const each = labels.map((label, n) => [`p_${named[label] ?? label}`, found.probabilities.data[n]]);
    return { emotion, ...Object.fromEntries(each) };
  }

  /** Tell whether this machine answers as the one that saved the model did. */
  async selfTest() {
    const { sample_rate, self_test } = this.manifest;
    const found = await this.predict(chirp(sample_rate), sample_rate);
    return Object.entries(self_test.allowed).every(
      ([name, allowed]) => Math.abs(found[name] - self_test.answer[name]) <= allowed,
    );
  }
}
