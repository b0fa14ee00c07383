// What `picotuf/worker` starts.

import { Client } from './index.js'
import { serveClients } from './worker-host.js'

serveClients(Client)
