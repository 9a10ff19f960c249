/* A target without libFuzzer: each file, and each of a folder, is tried once. For builds that count which lines are reached
 * (tests/fuzz/coverage.sh), and for a debugger. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static unsigned long tried;

/* Exactly as long as it is, so that reading past its end shows. */
static void try_file(const char *path) {
  FILE *f = fopen(path, "rb");
  long size = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
  uint8_t *data = size < 0 ? NULL : malloc(size ? (size_t)size : 1);
  if (!data || fseek(f, 0, SEEK_SET) || fread(data, 1, (size_t)size, f) != (size_t)size) {
    perror(path);
    exit(66);
  }
  fclose(f);
  LLVMFuzzerTestOneInput(data, (size_t)size);
  free(data);
  tried++;
}

static void try_folder(const char *path) {
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, alphasort);
  if (count < 0) {
    try_file(path);
    return;
  }
  for (int i = 0; i < count; i++) {
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.') try_file(name);
    free(entries[i]);
  }
  free(entries);
}

int main(int argc, char **argv) {
  if (LLVMFuzzerInitialize && LLVMFuzzerInitialize(&argc, &argv)) return 70;
  LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
  for (int i = 1; i < argc; i++) try_folder(argv[i]);
  fprintf(stderr, "%lu inputs tried\n", tried);
  return 0;
}
