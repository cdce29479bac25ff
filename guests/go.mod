module guests

go 1.24

require cogen v0.0.0

replace cogen => ../guest-sdk/go
