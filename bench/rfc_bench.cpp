// What it costs to look at RFC: calls through the inspector and their answers, of several sizes,
// with few and with many rules. Times are those of both directions of a call; "allocations" counts
// calls of operator new per call.
#include "rfc/inspector.hpp"
#include "rfc/items.hpp"
#include "rfc/ni.hpp"
#include "rfc/records.hpp"

#include <algorithm>
#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace sallyport::rfc {
namespace {

constexpr std::uint16_t connection = 4;

Bytes frame_of(std::uint8_t function, BytesView items, bool trailer, std::size_t size = 0) {
    Bytes out;
    const auto frame = begin_frame(out);
    out.resize(frame_head_bytes + std::max(header_bytes, size));
    const auto header = std::span(out).subspan(frame_head_bytes);
    write_u8(header, appc_at::version, appc_version);
    write_u8(header, appc_at::function, function);
    write_u8(header, appc_at::protocol, external_client);
    write_u16(header, appc_at::parameter_bytes, trailer_bytes);
    write_u8(header, appc_at::info, 0x05);
    if (trailer) write_u8(header, appc_at::vector, 0x0c);
    write_u16(header, appc_at::connection, connection);
    append_bytes(out, items);
    if (trailer) {
        append_u32(out, static_cast<std::uint32_t>(items.size()));
        append_u32(out, 0x8500);
    }
    end_frame(out, frame);
    return out;
}

void add(Bytes& items, std::uint16_t tag, std::string_view value) {
    Bytes wide;
    append_text(wide, value, CodePage::utf16_le);
    append_u16(items, tag);
    append_u16(items, static_cast<std::uint16_t>(wide.size()));
    append_bytes(items, wide);
    append_u16(items, tag);
}

/// A call with a table of `rows` rows of 100 characters, or with one parameter if there are none.
Bytes call_items(std::string_view function, std::int64_t rows) {
    Bytes items;
    add(items, tag::call, "");
    add(items, 0x000b, "754");
    add(items, tag::function, function);
    add(items, 0x0512, "");
    add(items, 0x0201, "REQUTEXT");
    add(items, 0x0203, std::string(255, ' '));
    for (std::int64_t i = 0; i < rows; ++i) add(items, 0x0303, std::string(100, 'x'));
    add(items, tag::end, "");
    return items;
}

Bytes reply_items(std::int64_t rows) {
    Bytes items;
    add(items, tag::reply, "");
    add(items, 0x0201, "ECHOTEXT");
    add(items, 0x0203, std::string(255, ' '));
    for (std::int64_t i = 0; i < rows; ++i) add(items, 0x0303, std::string(100, 'x'));
    add(items, tag::end, "");
    return items;
}

Policy policy_with(std::int64_t rules) {
    Policy policy;
    for (std::int64_t i = 1; i < rules; ++i)
        policy.rules.push_back({"BAPI_SOMETHING_" + std::to_string(i)});
    policy.rules.push_back({"STFC_", Match::prefix});
    return policy;
}

class LoggedOn {
public:
    explicit LoggedOn(std::int64_t rules)
        : policy_(policy_with(rules)), inspector_({policy_, identity_, "abap.virtual:sapgw00"}) {
        Bytes gateway(frame_head_bytes + gateway_record_bytes);
        write_u32(gateway, 0, gateway_record_bytes);
        const auto record = std::span(gateway).subspan(frame_head_bytes);
        write_u8(record, gateway_at::version, gateway_version);
        write_u8(record, gateway_at::type, normal_client);
        write_u8(record, gateway_at::appc_version, appc_version);
        client(gateway);
        back_end(gateway);
        auto initialize = frame_of(0x01, {}, false, initialize_bytes);
        const auto body = std::span(initialize).subspan(frame_head_bytes);
        write_u16(body, appc_at::parameter_bytes, initialize_bytes - header_bytes);
        write_u8(body, appc_at::conversation_type, 'I');
        client(initialize);
        back_end(frame_of(0x01, {}, false));
        client(frame_of(0x05, {}, false));
        back_end(frame_of(0x05, {}, false));
        Bytes logon;
        for (const auto byte :
             {0xd9, 0xc6, 0xc3, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0})
            append_u8(logon, static_cast<std::uint8_t>(byte));
        append_bytes(logon, call_items("RFCPING", 0));
        client(frame_of(0xcb, logon, true));
        auto reply = frame_of(0xcb, reply_items(0), false);
        if (inspector_.from_back_end(reply).event != Event::call_ended) std::abort();
    }

    void client(Bytes bytes) { (void)inspector_.from_client(bytes); }
    void back_end(Bytes bytes) { (void)inspector_.from_back_end(bytes); }
    Inspector& inspector() { return inspector_; }

private:
    Policy policy_;
    Identity identity_{.internal = SystemName::create("gw.corp", 1).value(),
                       .exposed = SystemName::create("abap.virtual", 0).value()};
    Inspector inspector_;
};

/// One call and its answer: range(0) rows in each, range(1) rules, the last of which covers it.
void call_and_answer(benchmark::State& state) {
    LoggedOn conversation(state.range(1));
    auto request = frame_of(0xcb, call_items("STFC_CONNECTION", state.range(0)), true);
    auto reply = frame_of(0xcb, reply_items(state.range(0)), false);
    const auto before = allocations.load();
    for ([[maybe_unused]] auto _ : state) {
        const auto there = conversation.inspector().from_client(request);
        const auto back = conversation.inspector().from_back_end(reply);
        if (there.forward.empty() || back.event != Event::call_ended) std::abort();
    }
    const auto calls = static_cast<double>(state.iterations());
    state.counters["allocations"] = static_cast<double>(allocations.load() - before) / calls;
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(request.size() + reply.size()));
}
BENCHMARK(call_and_answer)->Args({0, 10})->Args({0, 1'000})->Args({100, 10})->Args({4'000, 10});

void refused_call(benchmark::State& state) {
    LoggedOn conversation(10);
    auto request = frame_of(0xcb, call_items("Z_SECRET", 0), true);
    for ([[maybe_unused]] auto _ : state) {
        const auto step = conversation.inspector().from_client(request);
        if (step.answer.empty()) std::abort();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(refused_call);

/// A call of 10 MB in records of 28 000 bytes.
void streamed_call(benchmark::State& state) {
    LoggedOn conversation(10);
    const auto items = call_items("STFC_CONNECTION", 50'000);
    std::vector<Bytes> frames;
    for (BytesView rest = items; !rest.empty();) {
        const auto part = rest.first(std::min<std::size_t>(28'000, rest.size()));
        rest = rest.subspan(part.size());
        frames.push_back(frame_of(0x08, part, false));
        const auto record = std::span(frames.back()).subspan(frame_head_bytes);
        write_u16(record, appc_at::parameter_bytes, 0);
        write_u8(record, appc_at::info, 0);
        write_u32(record, appc_at::parameters, static_cast<std::uint32_t>(part.size()));
    }
    frames.push_back(frames.back());
    frames.back().resize(frame_head_bytes + header_bytes);
    write_u32(frames.back(), 0, header_bytes);
    const auto end = std::span(frames.back()).subspan(frame_head_bytes);
    write_u8(end, appc_at::function, 0x09);
    write_u8(end, appc_at::info, 0x01);
    write_u32(end, appc_at::parameters, older_record_size);
    auto reply = frame_of(0xcb, reply_items(0), false);
    for ([[maybe_unused]] auto _ : state) {
        for (auto& frame : frames)
            if (conversation.inspector().from_client(frame).taken == 0) std::abort();
        if (conversation.inspector().from_back_end(reply).event != Event::call_ended) std::abort();
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(items.size()));
}
BENCHMARK(streamed_call);

}  // namespace
}  // namespace sallyport::rfc
