package storage

import (
	"syscall"

	"tocsin/core"
)

// networkFileSystems are the numbers of file systems whose locks do not hold between
// machines, and on which SQLite may lose a database (linux/magic.h).
var networkFileSystems = map[uint32]string{
	0x00006969: "NFS",
	0x0000517b: "SMB",
	0xff534d42: "CIFS",
	0xfe534d42: "SMB",
	0x5346414f: "AFS",
	0x00c36400: "Ceph",
}

// refuseNetwork fails with Invalid if a folder is on a network file system.
func refuseNetwork(folder string) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return core.Wrap(core.Invalid, err, "storage: find folder of database")
	}
	if name, ok := networkFileSystems[uint32(s.Type)]; ok {
		return invalid("open database", "SQLite cannot be trusted on a network file system ("+name+")")
	}
	return nil
}
