module example/NAME

go 1.24

require cogen v0.0.0

// `cogen build` puts the SDK there.
replace cogen => ./.cogen/guest-sdk/go
