module cogen

go 1.24
