#!/usr/bin/env python3
"""Two people type to each other over any number of hops: chat.py HOME listen | chat.py HOME KEY"""
import json, pathlib, socket, sys, threading

home, whom = sys.argv[1:3]
access = json.loads(pathlib.Path(home, "data/run/api.json").read_text())
host, port = access["address"].rsplit(":", 1)
what = "listen?allow=all" if whom == "listen" else f"connect?node={whom}"
stream = socket.create_connection((host, int(port)))
stream.sendall((f"GET /api/v1/{what}&service=org.example.chat/1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                f"{access['token']}\r\nConnection: Upgrade\r\nUpgrade: starling-stream\r\n\r\n").encode())
lines = stream.makefile("rb")
status = lines.readline().decode().strip()
while lines.readline() != b"\r\n":
    pass
if " 101 " not in status:
    sys.exit(status)
threading.Thread(target=lambda: [print(line.decode(), end="", flush=True) for line in lines], daemon=False).start()
for typed in sys.stdin:
    stream.sendall(typed.encode())
stream.shutdown(socket.SHUT_WR)
