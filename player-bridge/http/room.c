#include "player-bridge/http/room.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

enum { MOST_KEPT = 32 };

static struct {
  uint8_t *kept[MOST_KEPT];
  size_t count;
  pthread_mutex_t lock;
} rooms = {.lock = PTHREAD_MUTEX_INITIALIZER};

uint8_t *room_take(void) {
  pthread_mutex_lock(&rooms.lock);
  uint8_t *room = rooms.count ? rooms.kept[--rooms.count] : NULL;
  pthread_mutex_unlock(&rooms.lock);
  return room ? room : malloc(ROOM_BYTES);
}

void room_give(uint8_t *room, size_t used) {
  if (!room) return;
  sodium_memzero(room, used);
  pthread_mutex_lock(&rooms.lock);
  if (rooms.count < MOST_KEPT) {
    rooms.kept[rooms.count++] = room;
    room = NULL;
  }
  pthread_mutex_unlock(&rooms.lock);
  free(room);
}

void room_free_all(void) {
  pthread_mutex_lock(&rooms.lock);
  while (rooms.count) free(rooms.kept[--rooms.count]);
  pthread_mutex_unlock(&rooms.lock);
}
