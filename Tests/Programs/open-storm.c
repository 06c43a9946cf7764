// SPDX-License-Identifier: Apache-2.0
// Opens and closes a file ten thousand times.
#include <fcntl.h>
#include <unistd.h>

int main(void) {
  for (int i = 0; i < 10000; i++) close(open("/etc/passwd", O_RDONLY));
  return 0;
}
