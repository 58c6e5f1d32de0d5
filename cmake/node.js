// Node opens pipes so that a write to a full one fails, once a program has workers; a native program's writes wait.
for (const stream of [process.stdout, process.stderr]) stream._handle?.setBlocking?.(true)
