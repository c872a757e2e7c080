// Seals bytes to a person's vault, so that nobody but the server with that vault unlocked can open
// them. HPKE (RFC 9180) in its base mode, one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// AES-256-GCM. The other side is `open_sealed` in vault/crypto.py; the tests hold both to the same
// vectors. What is sealed is padded first, so that its length says little.

const KEM = bytes("KEM", 0x00, 0x20);
const HPKE = bytes("HPKE", 0x00, 0x20, 0x00, 0x01, 0x00, 0x02);
const HEADER = bytes(0x01, 0x10);
const VERSION = "HPKE-v1";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const PADDING_FLOOR = 512;
const NOTHING = new Uint8Array();

/** Numbers, words and bytes as one run of bytes. */
function bytes(...parts) {
  const runs = parts.map((part) => {
    if (typeof part === "number") return [part];
    return typeof part === "string" ? new TextEncoder().encode(part) : part;
  });
  const whole = new Uint8Array(runs.reduce((sum, run) => sum + run.length, 0));
  runs.reduce((at, run) => (whole.set(run, at), at + run.length), 0);
  return whole;
}

export const toHex = (data) => Array.from(data, (one) => one.toString(16).padStart(2, "0")).join("");
export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));

async function hmac(secret, message) {
  // WebCrypto takes no empty key; HMAC fills a short one with zeros anyway.
  const raw = secret.length ? secret : new Uint8Array(KEY_BYTES);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message));
}

const extract = (suite, salt, label, secret) => hmac(salt, bytes(VERSION, suite, label, secret));

/** One block of HKDF is 32 bytes, and nothing here needs more. */
async function expand(suite, secret, label, info, size) {
  const block = await hmac(secret, bytes(0, size, VERSION, suite, label, info, 1));
  return block.slice(0, size);
}

/** The key that the ephemeral pair and the vault's public key make together, and nobody else. */
export async function encapsulate(pair, publicKey) {
  const theirs = await crypto.subtle.importKey("raw", publicKey, { name: "X25519" }, false, []);
  const algorithm = { name: "X25519", public: theirs };
  const shared = new Uint8Array(await crypto.subtle.deriveBits(algorithm, pair.privateKey, 256));
  const enc = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const secret = await extract(KEM, NOTHING, "eae_prk", shared);
  const key = await expand(KEM, secret, "shared_secret", bytes(enc, publicKey), KEY_BYTES);
  return { enc, key };
}

async function schedule(shared, info) {
  const context = bytes(
    0,
    await extract(HPKE, NOTHING, "psk_id_hash", NOTHING),
    await extract(HPKE, NOTHING, "info_hash", info),
  );
  const secret = await extract(HPKE, shared, "secret", NOTHING);
  return {
    key: await expand(HPKE, secret, "key", context, KEY_BYTES),
    nonce: await expand(HPKE, secret, "base_nonce", context, NONCE_BYTES),
  };
}

/** Seal `plaintext` to `publicKey`, bound to `info`. A pair is only ever given by a test. */
export async function sealBytes(publicKey, info, plaintext, given) {
  const pair = given ?? (await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]));
  const { enc, key: shared } = await encapsulate(pair, publicKey);
  const { key, nonce } = await schedule(shared, info);
  const secret = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, secret, plaintext);
  return bytes(HEADER, enc, new Uint8Array(sealed));
}

/** Behind its length, filled with zeros to a Padmé size, as `crypto.pad` does. */
export function padded(data) {
  const framed = data.length + 4;
  const size = Math.max(framed, PADDING_FLOOR);
  const exponent = 31 - Math.clz32(size);
  const step = 2 ** (exponent - (32 - Math.clz32(exponent)));
  const whole = new Uint8Array(Math.ceil(size / step) * step);
  new DataView(whole.buffer).setUint32(0, data.length);
  whole.set(data, 4);
  return whole;
}

/** Seal a text; all keys, info and the result are hexadecimal. */
export async function sealText(publicKey, info, text) {
  const data = padded(new TextEncoder().encode(text));
  return toHex(await sealBytes(fromHex(publicKey), fromHex(info), data));
}

/** Whether this browser can seal at all: over TLS (or at home), and X25519 is known to it. */
export async function canSeal() {
  if (!globalThis.crypto?.subtle) return false;
  return crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]).then(
    () => true,
    () => false,
  );
}
