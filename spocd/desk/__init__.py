"""The operations: the only code that opens a transaction. Each reads rows, lets `domain` decide, and writes rows."""
