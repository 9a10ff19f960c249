"""What is taken in: one film and one still, made once, each time with other bytes in a place that no player looks at."""
import struct, subprocess, zlib


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", *words], check=True, stdin=subprocess.DEVNULL)


class Films:
    def __init__(self, stage):
        # Large for its length, so that a slow viewer has not got all of it when it is cut; it is copied, not encoded anew.
        ffmpeg("-i", "testsrc2=size=480x270:rate=25,noise=alls=60:allf=t", "-t", "1", "-c:v", "libx264", "-preset", "ultrafast",
               "-qp", "20", "-g", "25", "-pix_fmt", "yuv420p", f"{stage}/film.mp4")
        ffmpeg("-i", "testsrc2=size=160x120:rate=1", "-frames:v", "1", f"{stage}/still.png")
        with open(f"{stage}/film.mp4", "rb") as f:
            self.film = f.read()
        with open(f"{stage}/still.png", "rb") as f:
            self.still = f.read()

    def another(self, kind, mark):
        text = mark.encode()
        if kind == "recording":
            return self.film + struct.pack(">I", 8 + len(text)) + b"free" + text
        chunk = b"tEXt" + b"Comment\0" + text
        end = self.still.rindex(b"\0\0\0\0IEND")
        return self.still[:end] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + self.still[end:]
