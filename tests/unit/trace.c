/* Traces: the header of W3C Trace Context in and out, and spans as OTLP's JSON. */
#include "observe/trace.h"

#include "test.h"

static const uint8_t random_bytes[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24};
static const char parent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(goes_on) {
    struct plait__trace trace;
    char id[33], header[PLAIT__TRACEPARENT_BYTES];
    plait__trace_begin(&trace, parent, random_bytes, 0);
    plait__trace_id(&trace, id);
    CHECK_TEXT(id, "0af7651916cd43dd8448eb211c80319c");
    CHECK(trace.sampled);
    CHECK(trace.remote_parent == 0xb7ad6b7169203331);
    const int root = plait__span_begin(&trace, "request", -1, 5);
    plait__traceparent(&trace, root, header);
    CHECK_INT(strlen(header), 55);
    CHECK_INT(strncmp(header, parent, 36), 0);
    CHECK(strncmp(header + 36, parent + 36, 16) != 0);
    CHECK_TEXT(header + 52, "-01");
}

TEST(malformed) {
    static const char *const wrong[] = {"",
                                        "00",
                                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                                        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct plait__trace trace;
        plait__trace_begin(&trace, wrong[i], random_bytes, 0);
        CHECK(trace.remote_parent == 0);
        CHECK(trace.id[0] != 0x0af7651916cd43dd);
        CHECK(!trace.sampled);
    }
    struct plait__trace later; /* a version to come */
    plait__trace_begin(&later, "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more", random_bytes, 1);
    CHECK(later.remote_parent == 0xb7ad6b7169203331);
    CHECK(!later.sampled);
}

TEST(written) {
    plait_context *context;
    struct plait__trace trace;
    struct plait__buffer buffer;
    plait_context_create(NULL, &context);
    plait__buffer_init(&buffer, context, 1 << 20);
    plait__trace_begin(&trace, parent, random_bytes, 1);
    const int root = plait__span_begin(&trace, "request", -1, 5), child = plait__span_begin(&trace, "decode", root, 6);
    plait__span_text(&trace, root, "http.route", "/v1/documents");
    plait__span_number(&trace, root, "http.response.status_code", 422);
    plait__span_end(&trace, child, 7, false);
    plait__span_end(&trace, root, 9, true);
    struct plait__writer writer = {.buffer = &buffer};
    plait__write_open(&writer, NULL, '[');
    plait__trace_write(&trace, &writer);
    plait__write_close(&writer, ']');
    CHECK_INT(writer.status, PLAIT_OK);
    CHECK(strstr(buffer.data, "\"parentSpanId\":\"b7ad6b7169203331\",\"name\":\"request\",\"kind\":2,"
                              "\"startTimeUnixNano\":\"5000\",\"endTimeUnixNano\":\"9000\""));
    CHECK(strstr(buffer.data, "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"422\"}}"));
    CHECK(strstr(buffer.data, "\"status\":{\"code\":2}"));
    CHECK(strstr(buffer.data, "\"name\":\"decode\",\"kind\":1"));
    plait__buffer_end(&buffer);
    plait_context_destroy(context);
}

TEST(bounded) {
    struct plait__trace trace;
    plait__trace_begin(&trace, NULL, random_bytes, 1);
    for (int i = 0; i < PLAIT__SPANS_MOST; i++) CHECK_INT(plait__span_begin(&trace, "span", i ? 0 : -1, 1), i);
    const int none = plait__span_begin(&trace, "span", 0, 1);
    CHECK_INT(none, -1);
    CHECK_INT(trace.dropped, 1);
    plait__span_end(&trace, none, 2, true); /* passed over */
    plait__span_text(&trace, none, "key", "value");
    for (int i = 0; i < PLAIT__SPAN_ATTRIBUTES + 1; i++) plait__span_number(&trace, 0, "key", i);
    CHECK_INT(trace.spans[0].attribute_count, PLAIT__SPAN_ATTRIBUTES);
    for (int i = 1; i < PLAIT__SPANS_MOST; i++) CHECK(trace.spans[i].id != trace.spans[i - 1].id);
}

TEST_MAIN(goes_on, malformed, written, bounded)
