import type { AttestGlue, ClientGlue } from '../glue.js'

export declare const initSync: ClientGlue['initSync']
export declare const Core: ClientGlue['Core']
export declare const Attestations: AttestGlue['Attestations']
