"""numbered.py FRAMES: a picture of 16 by 1 pixels for each frame, gray, whose bits are its number, the highest first."""
import sys

for n in range(int(sys.argv[1])):
    sys.stdout.buffer.write(bytes(235 if n >> bit & 1 else 16 for bit in range(15, -1, -1)))
