#!/usr/bin/python3
"""A libtorrent 2.0 node: make FILE TORRENT v1|v2  |  seed TORRENT FOLDER PORT  |  leech TORRENT FOLDER PORT PEER_PORT

Everything on 127.0.0.1 over TCP, without encryption, DHT or discovery. leech prints seconds, CPU seconds and peak memory.
"""
import json
import os
import resource
import sys
import time

import libtorrent as lt


def session(port):
    return lt.session({
        "listen_interfaces": f"127.0.0.1:{port}", "enable_dht": False, "enable_lsd": False, "enable_upnp": False,
        "enable_natpmp": False, "enable_incoming_utp": False, "enable_outgoing_utp": False, "in_enc_policy": 1,
        "out_enc_policy": 1, "allow_multiple_connections_per_ip": True, "alert_mask": 0, "aio_threads": 2,
        "hashing_threads": 1, "send_buffer_watermark": 4 << 20, "send_buffer_watermark_factor": 200,
        "max_out_request_queue": 2000, "connection_speed": 500})


def make(file, torrent, version):
    storage = lt.file_storage()
    lt.add_files(storage, file)
    creator = lt.create_torrent(storage, 1 << 20, 64 if version == "v1" else 32)  # v1_only or v2_only
    lt.set_piece_hashes(creator, os.path.dirname(file))
    with open(torrent, "wb") as output:
        output.write(lt.bencode(creator.generate()))


def add(own, torrent, folder, seed):
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(torrent)
    parameters.save_path = folder
    parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    if seed:
        parameters.flags |= lt.torrent_flags.seed_mode
    return own.add_torrent(parameters)


role, *words = sys.argv[1:]
if role == "make":
    make(*words)
elif role == "seed":
    own = session(int(words[2]))
    add(own, words[0], words[1], True)
    print("ready", flush=True)
    while True:
        time.sleep(1)
else:
    own = session(int(words[2]))
    handle = add(own, words[0], words[1], False)
    while handle.status().state in (lt.torrent_status.checking_files, lt.torrent_status.checking_resume_data):
        time.sleep(0.01)
    begun, cpu = time.monotonic(), time.process_time()
    handle.connect_peer(("127.0.0.1", int(words[3])))
    while not handle.status().is_seeding:
        time.sleep(0.005)
    print(json.dumps({"seconds": time.monotonic() - begun, "cpu": time.process_time() - cpu,
                      "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "version": lt.version}))
