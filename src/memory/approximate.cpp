/* The one file in C++: hnswlib is a header.  No exception leaves it. */
extern "C" {
#include "memory/nearest.h"
}

#include <cstring>

#define NO_MANUAL_VECTORIZATION // of its own distances, which are not used
#include <hnswlib/hnswlib.h>

namespace {

constexpr size_t links = 32, build_breadth = 200, search_breadth = 512, first_rows = 1 << 17;

/* What the graph keeps of a vector: the number of its row; what is searched for has no row, but an address. */
struct item {
    const float *vector;
    size_t row;
};

struct place {
    const float *rows;
    size_t width;
};

/* The graph keeps its items where it likes, not where they would be aligned. */
const float *vector_of(const void *kept, const place *at) {
    item of;
    std::memcpy(&of, kept, sizeof of);
    return of.vector ? of.vector : at->rows + of.row * at->width;
}

float distance(const void *a, const void *b, const void *parameter) {
    const place *at = static_cast<const place *>(parameter);
    const float *x = vector_of(a, at), *y = vector_of(b, at);
    constexpr size_t count = 32;
    float sums[count] = {}, all = 0;
    for (size_t i = 0; i < at->width; i += count)
        for (size_t k = 0; k < count; k++) sums[k] += x[i + k] * y[i + k];
    for (size_t k = 0; k < count; k++) all += sums[k];
    return 1 - all;
}

class space : public hnswlib::SpaceInterface<float> {
  public:
    explicit space(place *of) : at(of) {}
    size_t get_data_size() override { return sizeof(item); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
    void *get_dist_func_param() override { return at; }

  private:
    place *at;
};

} // namespace

struct plait__approximate {
    place at;
    space in;
    hnswlib::HierarchicalNSW<float> graph;
    explicit plait__approximate(size_t width) : at{nullptr, width}, in(&at), graph(&in, first_rows, links, build_breadth) {
        graph.setEf(search_breadth);
    }
};

extern "C" {

plait__approximate *plait__approximate_create(int width) try {
    return new plait__approximate(static_cast<size_t>(width));
} catch (...) {
    return nullptr;
}

void plait__approximate_destroy(plait__approximate *index) {
    delete index;
}

bool plait__approximate_put(plait__approximate *index, const float *rows, int row) try {
    const item added = {nullptr, static_cast<size_t>(row)};
    index->at.rows = rows;
    if (index->graph.cur_element_count >= index->graph.max_elements_) index->graph.resizeIndex(2 * index->graph.max_elements_);
    index->graph.addPoint(&added, added.row);
    return true;
} catch (...) {
    return false;
}

void plait__approximate_drop(plait__approximate *index, int row) try {
    index->graph.markDelete(static_cast<size_t>(row));
} catch (...) { // it was not in
}

int plait__approximate_search(plait__approximate *index, const float *rows, const float *vector, int most,
                              plait__near *out) try {
    const item wanted = {vector, 0};
    index->at.rows = rows;
    if (static_cast<size_t>(most) > search_breadth) index->graph.setEf(static_cast<size_t>(most));
    const auto found = index->graph.searchKnnCloserFirst(&wanted, static_cast<size_t>(most));
    int count = 0;
    for (const auto &[apart, row] : found) out[count++] = {static_cast<int>(row), 1 - apart};
    return count;
} catch (...) {
    return -1;
}
}
