module totals

go 1.24

require cogen v0.0.0

replace cogen => ../.cogen/guest-sdk/go
