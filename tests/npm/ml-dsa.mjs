// Keys of ML-DSA as TAP 21 has them, which sign for the tests.

import { createHash } from 'node:crypto'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'

/** Each scheme, and the last byte of its object identifier. */
const SCHEMES = {
  'ml-dsa-44/1': [ml_dsa44, 17],
  'ml-dsa-65/1': [ml_dsa65, 18],
  'ml-dsa-87/1': [ml_dsa87, 19],
}

const sha = (name, bytes) => createHash(name).update(bytes).digest()

/** The length of something in DER, with two bytes for the length itself. */
const long = (tag, length) => [tag, 0x82, length >> 8, length & 0xff]

/** A test key, made from a label: it protects nothing. It signs the same every time. */
export function mlDsaKey(label, scheme = 'ml-dsa-65/1') {
  const [set, arc] = SCHEMES[scheme]
  const { publicKey, secretKey } = set.keygen(sha('sha256', `picotuf tests: ${label}`))
  const algorithm = [0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, arc]
  const text = [...long(0x03, publicKey.length + 1), 0, ...publicKey]
  const der = [...long(0x30, algorithm.length + text.length), ...algorithm, ...text]
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g)
  const pem = ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n')
  const signed = (bytes) => Buffer.concat([Buffer.from('tuf\x01'), sha('sha512', bytes)])
  return {
    id: sha('sha256', pem).toString('hex'),
    value: { keytype: 'ml-dsa', keyval: { public: pem }, scheme },
    sign: (bytes) =>
      Buffer.from(set.sign(signed(bytes), secretKey, { extraEntropy: false })).toString('hex'),
  }
}
