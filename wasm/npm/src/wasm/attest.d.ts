import type { AttestGlue } from '../glue.js'

declare const start: AttestGlue['default']
export default start
export declare const Attestations: AttestGlue['Attestations']
