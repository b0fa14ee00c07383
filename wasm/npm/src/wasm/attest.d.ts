import type { AttestGlue } from '../glue.js'

export declare const initSync: AttestGlue['initSync']
export declare const Attestations: AttestGlue['Attestations']
