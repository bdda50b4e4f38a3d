/* A libcuda.so.1 for machines without a GPU: claims one device, hands out host memory, launches nothing, and writes the
 * text of every module to the folder named by PTX_FOLDER. With it TornadoVM's compiler prints what it would on a GPU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long device_pointer;

enum attribute {
    MAX_THREADS_PER_BLOCK = 1, MAX_BLOCK_X = 2, MAX_BLOCK_Y = 3, MAX_BLOCK_Z = 4, MAX_GRID_X = 5, MAX_GRID_Y = 6,
    MAX_GRID_Z = 7, SHARED_PER_BLOCK = 8, CONSTANT_MEMORY = 9, WARP_SIZE = 10, REGISTERS_PER_BLOCK = 12,
    CLOCK_RATE = 13, MULTIPROCESSORS = 16, CAPABILITY_MAJOR = 75, CAPABILITY_MINOR = 76
};

static int modules;

int cuInit(unsigned flags) { return 0; }
int cuDriverGetVersion(int *version) { *version = 13000; return 0; }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return 0; }
int cuDeviceGetName(char *name, int length, int device) { snprintf(name, length, "no GPU"); return 0; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = 1ull << 37; return 0; }
int cuMemGetInfo_v2(size_t *available, size_t *total) { *available = *total = 1ull << 37; return 0; }

int cuDeviceGetAttribute(int *value, enum attribute attribute, int device) {
    switch (attribute) {
        case MAX_THREADS_PER_BLOCK: case MAX_BLOCK_X: case MAX_BLOCK_Y: *value = 1024; break;
        case MAX_BLOCK_Z: *value = 64; break;
        case MAX_GRID_X: *value = 0x7FFFFFFF; break;
        case MAX_GRID_Y: case MAX_GRID_Z: *value = 65535; break;
        case SHARED_PER_BLOCK: *value = 49152; break;
        case CONSTANT_MEMORY: case REGISTERS_PER_BLOCK: *value = 65536; break;
        case WARP_SIZE: *value = 32; break;
        case CLOCK_RATE: *value = 1980000; break;
        case MULTIPROCESSORS: *value = 132; break;
        case CAPABILITY_MAJOR: *value = 9; break;
        case CAPABILITY_MINOR: *value = 0; break;
        default: *value = 1;
    }
    return 0;
}

static int context(void **context) { *context = (void *) 1; return 0; }
int cuCtxCreate_v2(void **c, unsigned flags, int device) { return context(c); }
int cuCtxCreate_v3(void **c, void *parameters, int count, unsigned flags, int device) { return context(c); }
int cuCtxCreate_v4(void **c, void *parameters, unsigned flags, int device) { return context(c); }
int cuDevicePrimaryCtxRetain(void **c, int device) { return context(c); }
int cuDevicePrimaryCtxRelease_v2(int device) { return 0; }
int cuCtxPushCurrent_v2(void *context) { return 0; }
int cuCtxPopCurrent_v2(void **c) { return context(c); }
int cuCtxDestroy_v2(void *context) { return 0; }
int cuCtxSetCurrent(void *context) { return 0; }
int cuCtxGetStreamPriorityRange(int *least, int *greatest) { *least = *greatest = 0; return 0; }

int cuMemAlloc_v2(device_pointer *memory, size_t bytes) {
    *memory = (device_pointer) calloc(1, bytes + 256);
    return *memory == 0 ? 2 : 0;
}
int cuMemFree_v2(device_pointer memory) { free((void *) memory); return 0; }
int cuMemAllocHost_v2(void **memory, size_t bytes) { *memory = malloc(bytes); return 0; }
int cuMemFreeHost(void *memory) { free(memory); return 0; }
int cuMemcpyHtoD_v2(device_pointer to, const void *from, size_t bytes) { memcpy((void *) to, from, bytes); return 0; }
int cuMemcpyDtoH_v2(void *to, device_pointer from, size_t bytes) { memcpy(to, (void *) from, bytes); return 0; }
int cuMemsetD32_v2(device_pointer to, unsigned word, size_t count) { memset((void *) to, 0, 4 * count); return 0; }
int cuMemsetD32Async(device_pointer to, unsigned word, size_t count, void *stream) {
    memset((void *) to, 0, 4 * count);
    return 0;
}
int cuMemcpyDtoDAsync_v2(device_pointer to, device_pointer from, size_t bytes, void *stream) {
    memcpy((void *) to, (void *) from, bytes);
    return 0;
}
int cuMemHostRegister_v2(void *memory, size_t bytes, unsigned flags) { return 0; }
int cuMemHostUnregister(void *memory) { return 0; }
int cuMemcpyDtoHAsync_v2(void *to, device_pointer from, size_t bytes, void *stream) {
    memcpy(to, (void *) from, bytes);
    return 0;
}
int cuMemcpyHtoDAsync_v2(device_pointer to, const void *from, size_t bytes, void *stream) {
    memcpy((void *) to, from, bytes);
    return 0;
}

int cuModuleLoadData(void **module, const char *text) {
    char name[4096];
    *module = (void *) 1;
    snprintf(name, sizeof name, "%s/%04d.ptx", getenv("PTX_FOLDER"), modules++);
    FILE *file = fopen(name, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        return 1;
    }
    return 0;
}
int cuModuleLoadDataEx(void **module, const char *text, unsigned count, void *options, void **values) {
    return cuModuleLoadData(module, text);
}
int cuModuleUnload(void *module) { return 0; }
int cuModuleGetFunction(void **function, void *module, const char *name) { *function = (void *) 1; return 0; }
int cuFuncGetAttribute(int *value, int attribute, void *function) { *value = 0; return 0; }
int cuFuncSetAttribute(void *function, int attribute, int value) { return 0; }
int cuOccupancyMaxPotentialBlockSize(int *grid, int *block, void *function, void *shared, size_t bytes, int limit) {
    *grid = 132;
    *block = 1024;
    return 0;
}
int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
        unsigned shared, void *stream, void **parameters, void **extra) {
    return 0;
}

int cuLaunchKernelEx(void *configuration, void *function, void **parameters, void **extra) { return 0; }

static int handle(void **handle) { *handle = malloc(8); return 0; }
int cuEventCreate(void **event, unsigned flags) { return handle(event); }
int cuEventDestroy_v2(void *event) { free(event); return 0; }
int cuEventElapsedTime(float *milliseconds, void *from, void *to) { *milliseconds = 0.001f; return 0; }
int cuEventElapsedTime_v2(float *milliseconds, void *from, void *to) { *milliseconds = 0.001f; return 0; }
int cuEventQuery(void *event) { return 0; }
int cuEventRecord(void *event, void *stream) { return 0; }
int cuEventSynchronize(void *event) { return 0; }
int cuStreamCreateWithPriority(void **stream, unsigned flags, int priority) { return handle(stream); }
int cuStreamCreate(void **stream, unsigned flags) { return handle(stream); }
int cuStreamDestroy_v2(void *stream) { free(stream); return 0; }
int cuStreamSynchronize(void *stream) { return 0; }
int cuStreamWaitEvent(void *stream, void *event, unsigned flags) { return 0; }
int cuStreamBeginCapture_v2(void *stream, int mode) { return 0; }
int cuStreamEndCapture(void *stream, void **graph) { *graph = (void *) 1; return 0; }
int cuStreamIsCapturing(void *stream, int *status) { *status = 0; return 0; }
int cuGraphInstantiateWithFlags(void **executable, void *graph, unsigned long long flags) {
    *executable = (void *) 1;
    return 0;
}
int cuGraphLaunch(void *executable, void *stream) { return 0; }
int cuGraphDestroy(void *graph) { return 0; }
int cuGraphExecDestroy(void *executable) { return 0; }
