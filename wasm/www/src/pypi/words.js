// What attestations come to, in words for people.

import { meaning } from '../words.js'

const MEANINGS = {
  'subject-digest': () =>
    'The attestation is about other content: this is not the file that was attested.',
  'subject-name': ({ expected, found }) =>
    `The attestation is about ${found}, and this file is ${expected}.`,
  'other-publisher': ({ expected, found }) =>
    `It was published by ${found}, and ${expected} was expected.`,
  'publisher-mismatch': ({ expected, found }) =>
    `The index says that ${found} published it, and the certificate says ${expected}.`,
  'log-promise': () => 'The log has not signed that it took this entry at this time.',
  'log-entry-missing': () => 'The signature is in no public log.',
  'unknown-log': () => 'It was logged where Sigstore’s trusted root has no log.',
  'unsupported-authority': () =>
    'An authority issued the certificate whose kind this page cannot check. That is no sign of ' +
    'an attack: a newer version may be able to.',
  'unsupported-log': () =>
    'It needs a log whose kind this page cannot check. That is no sign of an attack: a newer ' +
    'version may be able to.',
  'page-link': () => 'The index says that the document is on another server, which was not asked.',
  'index-page': ({ text }) => `The index answers something else than a list of files: ${text}.`,
}

/** What an error means. */
export function attestationMeaning(error) {
  return MEANINGS[error.code]?.(error) ?? meaning(error)
}

/** "GitHub", and what is published there. */
export function publisherParts({ kind, spec, claims }) {
  const [, repository, workflow] = /^[a-z]+:([^:]*):?(.*)$/.exec(spec)
  if (kind === 'Google' || kind === 'CircleCI') return { kind, name: spec.replace(/^[a-z]+:/, '') }
  const web = kind === 'GitHub' ? 'https://github.com/' : 'https://gitlab.com/'
  const own = (url) => (url?.startsWith(web) ? url : undefined)
  const source = own(claims.sourceRepository)
  const between = kind === 'GitHub' ? '' : '/-'
  const file = kind === 'GitHub' ? `.github/workflows/${workflow}` : workflow
  const at = (path) => source && `${source}${between}/${path}`
  return {
    kind,
    name: repository,
    workflow,
    repositoryUrl: source,
    workflowUrl: claims.commit && at(`blob/${claims.commit}/${file}`),
    commitUrl: claims.commit && at(`commit/${claims.commit}`),
    runUrl: own(claims.run),
  }
}

/** "tag v1.2", "branch main". */
export function refWords(ref) {
  const [, kind, name] = /^refs\/(heads|tags)\/(.*)$/.exec(ref ?? '') ?? []
  if (!kind) return ref
  return `${kind === 'tags' ? 'tag' : 'branch'} ${name}`
}

/** "24 Nov 2026". */
export const day = (time) =>
  new Date(time).toLocaleDateString('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
