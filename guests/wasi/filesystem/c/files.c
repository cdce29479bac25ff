// Works on files by the C library, and says what it observes. The folder that it was granted is at /data.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static void list(const char *path) {
    char *names[64];
    size_t count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && count < 64 && (entry = readdir(folder));) {
        names[count++] = strdup(entry->d_name);
    }
    closedir(folder);
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) printf("%s ", names[i]);
    printf("\n");
}

static void files(void) {
    FILE *file = fopen("/data/new", "w+");
    fprintf(file, "spam %d\n", 42);
    rewind(file);
    char line[64];
    printf("%s", fgets(line, sizeof line, file));
    fseek(file, 100, SEEK_SET);
    fputc('!', file);
    fclose(file);
    struct stat found;
    printf("%d %lld %d\n", stat("/data/new", &found), (long long)found.st_size, S_ISREG(found.st_mode));
    printf("%d %d\n", truncate("/data/new", 4), access("/data/new", R_OK));
    int fd = open("/data/new", O_RDWR | O_APPEND);
    printf("%zd %lld\n", write(fd, "eggs", 4), (long long)lseek(fd, 0, SEEK_END));
    printf("%zd %.4s\n", pread(fd, line, 4, 4), line);
    printf("%d %d\n", fsync(fd), ftruncate(fd, 2));
    close(fd);
    printf("%d %d %d\n", mkdir("/data/made", 0777), rename("/data/new", "/data/made/moved"), symlink("moved", "/data/made/link"));
    list("/data");
    list("/data/made");
    printf("%d %d %d\n", unlink("/data/made/moved"), unlink("/data/made/link"), rmdir("/data/made"));
}

static void errors(void) {
    const char *paths[] = {"/data/nothing", "/nothing", "/data/../secret", "/data/out", "/data/text/x"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int fd = open(paths[i], O_RDONLY);
        printf("%s %d %s\n", paths[i], fd < 0, strerror(errno));
    }
    printf("%d %s\n", open("/data/folder", O_WRONLY) < 0, strerror(errno));
    printf("%d %s\n", rmdir("/data/text"), strerror(errno));
    printf("%d %s\n", mkdir("/data/folder", 0777), strerror(errno));
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    if (strcmp(name, "files") == 0) files();
    else if (strcmp(name, "errors") == 0) errors();
    else return 2;
    return 0;
}
