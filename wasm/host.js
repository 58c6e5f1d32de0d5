// What the module calls: an object that the host gives the loader as `host`, with the functions log(level, message),
// progress(stage, fraction) and cancelled(); texts are addresses of UTF-8 that ends with NUL.
addToLibrary({
    plait_host_log: (level, message) => Module['host'].log(level, message),
    plait_host_progress: (stage, fraction) => Module['host'].progress(stage, fraction),
    plait_host_cancelled: () => Module['host'].cancelled(),
});
