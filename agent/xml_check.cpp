#include "agent/content_check.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <expat.h>
#include <new>
#include <string>
#include <string_view>

namespace sallyport::agent {
namespace {

constexpr int xml_depth_max = 256;
/// Of one tag with its attributes, one comment, one instruction: what the parser must keep whole.
constexpr std::uint64_t xml_token_bytes_max = 16 * 1024;
/// Of one document, its parser included. It keeps each name that it has met until the end.
constexpr std::size_t xml_memory_bytes_max = std::size_t{8} * 1024 * 1024;
/// The parser reads an unfinished tag from its beginning again each time, so it is given large
/// pieces, however small those are that arrive.
constexpr std::size_t piece_bytes = 32 * 1024;

/// What one parser has allocated.
struct Heap {
    std::size_t bytes = 0;
    bool exhausted = false;
};

/// Of the parser that works at the moment: expat does not say for which one it wants memory.
thread_local Heap* working = nullptr;

class Working {
public:
    explicit Working(Heap& heap) { working = &heap; }
    ~Working() { working = nullptr; }
    Working(const Working&) = delete;
    Working& operator=(const Working&) = delete;
};

/// In front of what the parser gets.
struct alignas(std::max_align_t) Block {
    Heap* heap;
    std::size_t bytes;  // all of it
};

void* reallocate(void* memory, std::size_t bytes) {
    auto* const old = memory == nullptr ? nullptr : static_cast<Block*>(memory) - 1;
    auto& heap = old == nullptr ? *working : *old->heap;
    const auto others = heap.bytes - (old == nullptr ? 0 : old->bytes);
    const auto all = sizeof(Block) + bytes;
    if (bytes > xml_memory_bytes_max || others + all > xml_memory_bytes_max) {
        heap.exhausted = true;
        return nullptr;
    }
    auto* const block = static_cast<Block*>(std::realloc(old, all));
    if (block == nullptr) return nullptr;
    *block = {&heap, all};
    heap.bytes = others + all;
    return block + 1;
}

void* allocate(std::size_t bytes) { return reallocate(nullptr, bytes); }

void release(void* memory) {
    if (memory == nullptr) return;
    auto* const block = static_cast<Block*>(memory) - 1;
    block->heap->bytes -= block->bytes;
    std::free(block);
}

struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<XML_ParserStruct, Free>;

Parser make_parser(Heap& heap) {
    static constexpr XML_Memory_Handling_Suite memory = {allocate, reallocate, release};
    const Working now(heap);
    Parser parser(XML_ParserCreate_MM(nullptr, &memory, nullptr));
    if (parser == nullptr) throw std::bad_alloc();
    return parser;
}

class XmlCheck final : public ContentCheck {
public:
    XmlCheck() : parser_(make_parser(heap_)) {
        auto* const parser = parser_.get();
        XML_SetUserData(parser, this);
        XML_SetStartDoctypeDeclHandler(
            parser, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
                static_cast<XmlCheck*>(self)->stop("a document type, which is not allowed");
            });
        XML_SetElementHandler(
            parser,
            [](void* self, const XML_Char*, const XML_Char**) {
                auto& check = *static_cast<XmlCheck*>(self);
                if (++check.depth_ > xml_depth_max) check.stop("elements nested too deeply");
                check.measure();
            },
            [](void* self, const XML_Char*) { --static_cast<XmlCheck*>(self)->depth_; });
        XML_SetCommentHandler(
            parser, [](void* self, const XML_Char*) { static_cast<XmlCheck*>(self)->measure(); });
        XML_SetProcessingInstructionHandler(parser,
                                            [](void* self, const XML_Char*, const XML_Char*) {
                                                static_cast<XmlCheck*>(self)->measure();
                                            });
    }

    Result<void> feed(BytesView bytes) override {
        while (!bytes.empty()) {
            const auto some = bytes.first(std::min(bytes.size(), piece_bytes - piece_.size()));
            bytes = bytes.subspan(some.size());
            piece_ += as_text(some);
            if (piece_.size() < piece_bytes) break;
            if (auto good = parse(XML_FALSE); !good) return good.error();
            const auto done = XML_GetCurrentByteIndex(parser_.get());
            const auto used = done < 0 ? 0 : static_cast<std::uint64_t>(done);
            if (passed_ > used + xml_token_bytes_max) return refused(too_long);
        }
        return {};
    }
    Result<void> finish() override { return parse(XML_TRUE); }

private:
    static constexpr std::string_view too_long = "a tag, comment or instruction above 16 KiB";

    Result<void> parse(int is_last) {
        const Working now(heap_);
        const auto state =
            XML_Parse(parser_.get(), piece_.data(), static_cast<int>(piece_.size()), is_last);
        passed_ += piece_.size();
        piece_.clear();
        if (state == XML_STATUS_OK) return {};
        if (heap_.exhausted) return refused("too many or too long names to be checked");
        if (!stopped_.empty()) return refused(stopped_);
        const auto* said = XML_ErrorString(XML_GetErrorCode(parser_.get()));
        return refused(std::string("no well-formed XML (") + said + ")");
    }
    /// The one that the parser tells of now.
    void measure() {
        const auto bytes = static_cast<std::uint64_t>(XML_GetCurrentByteCount(parser_.get()));
        if (bytes > xml_token_bytes_max) stop(too_long);
    }
    void stop(std::string_view why) {
        stopped_ = why;
        XML_StopParser(parser_.get(), XML_FALSE);
    }
    Error refused(std::string_view what) const {
        return {Errc::malformed, std::string(what) + ", in line " +
                                     std::to_string(XML_GetCurrentLineNumber(parser_.get()))};
    }

    Heap heap_;
    Parser parser_;
    std::string piece_;  // what the parser was not given yet
    std::string_view stopped_;
    int depth_ = 0;
    std::uint64_t passed_ = 0;
};

}  // namespace

std::unique_ptr<ContentCheck> make_xml_check() { return std::make_unique<XmlCheck>(); }

}  // namespace sallyport::agent
