#!/usr/bin/env python3
"""Writes a site with pictures and a film into a folder: make_site.py FOLDER. Needs vpxenc (Debian: vpx-tools)."""
import pathlib
import random
import struct
import subprocess
import sys
import zlib

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Birds</title></head><body>
<h1>Birds</h1><img id="red" src="pictures/red.png" alt="red"><img id="blue" src="pictures/dark%20blue.png" alt="blue">
<video id="film" src="film.webm" muted preload="auto"></video><pre id="report"></pre><script src="report.js"></script>
</body></html>
"""

# Says on the page what the browser could do with it; the film turns from green to blue.
REPORT = """const say = (line) => { document.getElementById('report').textContent += line + '\\n'; };
window.addEventListener('load', () => {
  for (const id of ['red', 'blue']) {
    const picture = document.getElementById(id);
    say(`picture ${id} ${picture.naturalWidth}x${picture.naturalHeight}`);
  }
  const film = document.getElementById('film');
  const seek = () => {
    film.addEventListener('seeked', () => {
      const canvas = document.createElement('canvas');
      canvas.width = film.videoWidth;
      canvas.height = film.videoHeight;
      const context = canvas.getContext('2d');
      context.drawImage(film, 0, 0);
      const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
      let blue = 0;
      for (let i = 2; i < data.length; i += 4) blue += data[i];
      const mean = blue / (data.length / 4);
      say(`film ${film.duration.toFixed(0)} s, at ${film.currentTime.toFixed(0)} s ${mean > 160 ? 'blue' : 'not blue'}`);
    }, {once: true});
    film.currentTime = 11;
  };
  if (film.readyState >= 1) seek(); else film.addEventListener('loadedmetadata', seek);
  for (const [name, url] of Object.entries({outside: 'http://127.0.0.1:1/', api: window.location.search.slice(1)}))
    fetch(url).then(() => say(`reached ${name}`), () => say(`kept from ${name}`));
});
"""


def png(width, height, colour):
    rows = b"".join(b"\0" + bytes(colour) * width for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def film(path):
    """12 s of noise, whose colour goes from green to blue."""
    chance = random.Random(1)
    width, height, frames = 320, 180, 300
    noise = [bytes(chance.randrange(60, 130) for _ in range(width * height)) for _ in range(8)]
    encoder = subprocess.Popen(
        ["vpxenc", "--quiet", "--codec=vp8", "--rt", "--cpu-used=8", "--target-bitrate=2000", "--kf-max-dist=25", "-o",
         path, "-"], stdin=subprocess.PIPE)
    out = encoder.stdin
    out.write(b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420\n" % (width, height))
    for number in range(frames):
        out.write(b"FRAME\n" + noise[number % 8] + bytes([number * 255 // frames]) * (width * height // 4) +
                  bytes([100]) * (width * height // 4))
    out.close()
    if encoder.wait() != 0:
        sys.exit("vpxenc failed")


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "pictures").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "report.js").write_text(REPORT)
    (folder / "pictures" / "red.png").write_bytes(png(32, 16, (255, 0, 0)))
    (folder / "pictures" / "dark blue.png").write_bytes(png(20, 10, (0, 0, 120)))
    (folder / "empty").touch()
    film(str(folder / "film.webm"))


main()
