#include "http/h2/frame_watch.h"

#include <gtest/gtest.h>

#include "http/h2/frames_for_test.h"

namespace weir::http::h2 {
namespace {

struct Watched {
    std::string heads;
    std::string blocks;  // whether a header block was open, behind each feed
};

Watched watch(std::string_view octets, std::size_t step) {
    FrameWatch frames(kPreface.size());
    Watched watched;
    while (!octets.empty()) {
        const auto part = octets.substr(0, step);
        octets.remove_prefix(part.size());
        frames.feed(part, [&](const FrameHead& head) {
            watched.heads += std::to_string(static_cast<int>(head.type)) + "/" + std::to_string(head.length) + "/" +
                             std::to_string(head.flags) + "/" + std::to_string(head.id) + "/" + std::to_string(head.word) + " ";
            return true;
        });
        watched.blocks += frames.is_in_header_block() ? '1' : '0';
    }
    return watched;
}

std::string priority_text(std::uint32_t id, std::string_view payload) {
    return Frame{.type = FrameType::priority, .id = id, .payload = std::string(payload)}.text();
}

TEST(FrameWatch, HeadsAreTheSameHoweverTheOctetsAreCut) {
    const auto octets = std::string(kPreface) + settings_text({{4, 100}}) + settings_text({}) +
                        Frame{.type = FrameType::headers, .flags = kEndHeaders, .id = 0x80000001, .payload = "abc"}.text() +
                        priority_text(3, number_text(0x80000005, 4) + "x") + priority_text(5, "1234") + priority_text(7, "") +
                        window_text(9, 0x80000064) + data_text(1, std::string(300, 'd'), kEndStream) + data_text(1, "\x02xyz", kPadded) +
                        data_text(1, "", kPadded) + ping_text();
    const std::string wanted =
        "4/6/0/0/0 4/0/0/0/0 1/3/4/1/0 2/5/0/3/5 2/4/0/5/0 2/0/0/7/0 8/4/0/9/100 0/300/1/1/0 0/4/8/1/2 0/0/8/1/0 6/8/0/0/0 ";
    for (std::size_t step = 1; step <= octets.size(); ++step) EXPECT_EQ(watch(octets, step).heads, wanted) << step;
}

TEST(FrameWatch, StopsWhenToldTo) {
    FrameWatch frames(0);
    int seen = 0;
    EXPECT_FALSE(frames.feed(ping_text() + ping_text() + ping_text(), [&](const FrameHead&) { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
}

TEST(FrameWatch, KnowsWhereAHeaderBlockEnds) {
    const auto octets = Frame{.type = FrameType::headers, .id = 1, .payload = "ab"}.text() +
                        Frame{.type = FrameType::continuation, .id = 1, .payload = "c"}.text() +
                        Frame{.type = FrameType::continuation, .flags = kEndHeaders, .id = 1, .payload = "d"}.text() + ping_text();
    const auto blocks = watch(std::string(kPreface) + octets, 1).blocks.substr(kPreface.size());
    const std::size_t begins = kFrameHead - 1;
    const std::size_t ends = 3 * kFrameHead + 4 - 1;  // with the last octet of the block
    EXPECT_EQ(blocks, std::string(begins, '0') + std::string(ends - begins, '1') + std::string(octets.size() - ends, '0'));
}

}  // namespace
}  // namespace weir::http::h2
