import type { AttestGlue, ClientGlue } from '../glue.js'

declare const start: ClientGlue['default']
export default start
export declare const Core: ClientGlue['Core']
export declare const Attestations: AttestGlue['Attestations']
