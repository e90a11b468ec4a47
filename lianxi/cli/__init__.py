"""The command `lianxi`: policy and receipts from files, everything else over HTTP to the gateway."""
