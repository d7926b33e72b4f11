#!/usr/bin/env python3
"""Prints the `pieces root` that libtorrent computes for a file in a v2 torrent (Debian: python3-libtorrent)."""
import os
import sys

import libtorrent

path = os.path.abspath(sys.argv[1])
storage = libtorrent.file_storage()
libtorrent.add_files(storage, path)
torrent = libtorrent.create_torrent(storage, flags=libtorrent.create_torrent.v2_only)
libtorrent.set_piece_hashes(torrent, os.path.dirname(path))
info = torrent.generate()[b"info"]
print(info[b"file tree"][os.path.basename(path).encode()][b""][b"pieces root"].hex())
