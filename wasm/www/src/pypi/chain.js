// The chain of trust of an attestation, in the picture that the TUF page has of its own.

import { drawChain } from '../chain.js'
import { show } from '../details.js'
import { h } from '../dom.js'
import { moment, signatures, size } from '../words.js'
import { publisherParts, refWords } from './words.js'

/** Draws how a file's attestation is trusted: from the root of Sigstore's repository on. */
export function drawAttested({ file, attestation, trusted }) {
  const { signer, logEntries, times } = attestation
  const [entry] = logEntries
  const { claims } = signer
  const { name, workflow, kind } = publisherParts(signer)
  const role = (wanted) => trusted?.find(({ role }) => role === wanted)
  const [root, targets] = [role('root'), role('targets')]
  const details = (title, facts) => () => show(title, facts, null)
  const roleFacts = (of) =>
    of && [
      ['Version', `${of.version}`],
      ['Expires', moment(of.expires)],
      ['Signatures', signatures(of)],
      ['Signed by', of.signers.map((keyid) => h('code', {}, keyid))],
    ]
  return drawChain(
    [
      root && {
        kind: 'start',
        name: 'Sigstore’s root',
        about: [`version ${root.version}, of its TUF repository`, signatures(root)],
        vouches: 'gives the keys of the repository',
        open: details('Sigstore’s root', roleFacts(root)),
      },
      targets && {
        kind: 'step',
        name: 'trusted_root.json',
        about: ['keys of Sigstore’s authority and logs', `signed: ${signatures(targets)}`],
        vouches: 'says whose certificates and logs count',
        open: details('trusted_root.json', roleFacts(targets)),
      },
      {
        kind: 'step',
        name: `Certificate for ${kind}`,
        about: [workflow ? `${name}, ${workflow}` : name, refWords(claims.sourceRef) ?? ''],
        vouches: 'its key signed the statement',
        open: details('Certificate', claimFacts(claims)),
      },
      {
        kind: 'step',
        name: 'Log entry',
        about: [`number ${entry.index} of ${host(entry.log)}`, moment(times[0])],
        vouches: 'this signature is in a public log',
        open: details('Log entry', [
          ['Log', entry.log],
          ['Number', `${entry.index}`],
          ['Kind', entry.kind],
          ['Logged', moment(times[0])],
        ]),
      },
      {
        kind: 'step',
        name: 'Statement',
        about: ['published on PyPI', `SHA-256 ${attestation.sha256.slice(0, 16)}…`],
        vouches: 'states name and SHA-256',
        open: details('Statement', [
          ['About', attestation.name],
          ['SHA-256', h('code', {}, attestation.sha256)],
          ['States', attestation.predicateType],
        ]),
      },
      {
        kind: 'file',
        name: file.name,
        about: [file.size === undefined ? 'the file' : size(file.size), 'as the index lists it'],
        open: details(file.name, [
          ['SHA-256', h('code', {}, file.sha256 ?? 'not stated')],
          ['URL', file.url],
        ]),
      },
    ].filter(Boolean),
  )
}

const host = (url) => url.replace(/^https?:\/\//, '')

/** What a certificate says, as a person reads it. */
export function claimFacts(claims) {
  return [
    ['For', claims.subject],
    ['Identity from', claims.issuer],
    ['Repository', claims.sourceRepository],
    ['Repository’s ID', claims.repositoryId],
    ['Owner', claims.owner],
    ['Owner’s ID', claims.ownerId],
    ['Commit', claims.commit],
    ['Ref', claims.sourceRef],
    ['Started by', claims.trigger],
    ['Run', claims.run],
    ['Machine', claims.runnerEnvironment],
    ['Environment', claims.environment],
  ]
}
