#include "tests/unit/rfc/conversation.hpp"

#include "base/file.hpp"
#include "rfc/big_endian.hpp"
#include "rfc/items.hpp"
#include "rfc/ni.hpp"
#include "rfc/records.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace sallyport::rfc::testing {

namespace {

constexpr std::string_view session_id = "12345678";
constexpr std::uint16_t session_connection = 4;

std::filesystem::path folder_of(const char* variable, const char* otherwise) {
    const char* value = std::getenv(variable);
    return value != nullptr ? value : otherwise;
}

/// Writes the ids of `like` into a reply to INITIALIZE.
void take_ids(Bytes& reply, BytesView like) {
    if (like.size() < frame_head_bytes + header_bytes) return;
    const AppcHeader header(like.subspan(frame_head_bytes));
    const auto record = std::span(reply).subspan(frame_head_bytes);
    if (header.connection_index() == unassigned) return;
    std::ranges::copy(header.conversation(), record.subspan(appc_at::conversation).begin());
    write_u16(record, appc_at::connection, header.connection_index());
}

/// Info and vector, and whether it is the last record with items.
struct Flags {
    std::uint8_t info = 0x00;
    std::uint8_t vector = 0x00;
    bool final = false;
};
constexpr Flags flags_of_last{0x05, 0x0c, true};
constexpr Flags flags_of_part{0x01, 0x08};

Bytes data_frame(std::uint8_t function, BytesView items, Flags flags) {
    Bytes out;
    const auto frame = begin_frame(out);
    out.resize(out.size() + header_bytes);
    const auto header = std::span(out).subspan(frame_head_bytes);
    write_u8(header, appc_at::version, appc_version);
    write_u8(header, appc_at::function, function);
    write_u8(header, appc_at::protocol, external_client);
    write_u16(header, appc_at::uid, 0xffff);
    write_u16(header, appc_at::parameter_bytes, flags.final ? trailer_bytes : 0);
    write_u8(header, appc_at::info, flags.info);
    write_u8(header, appc_at::vector, flags.vector);
    std::ranges::copy(as_bytes(session_id), header.subspan(appc_at::conversation).begin());
    write_u16(header, appc_at::comm, unassigned);
    write_u16(header, appc_at::connection, session_connection);
    append_bytes(out, items);
    if (flags.final) {
        append_u32(out, static_cast<std::uint32_t>(items.size()));
        append_u32(out, 0x8500);
    }
    end_frame(out, frame);
    return out;
}

}  // namespace

std::filesystem::path data_folder() {
    return folder_of("SALLYPORT_SOURCE_DIR", SALLYPORT_SOURCE) /
           std::filesystem::path("tests/data/rfc");
}

std::filesystem::path recordings_folder() {
    auto folder = folder_of("SALLYPORT_RFC_VECTORS", SALLYPORT_RFC_VECTORS);
    if (!folder.empty() && !std::filesystem::exists(folder / "manifest.tsv")) folder.clear();
    return folder;
}

Bytes load(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) std::abort();
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

std::vector<Vector> read_manifest(const std::filesystem::path& folder) {
    std::ifstream in(folder / "manifest.tsv");
    std::vector<Vector> vectors;
    std::string line;
    std::getline(in, line);  // the names of the columns
    while (std::getline(in, line)) {
        std::istringstream columns(line);
        std::vector<std::string> cells;
        for (std::string cell; std::getline(columns, cell, '\t');) cells.push_back(cell);
        if (cells.size() >= 7) vectors.push_back({cells[0], cells[2], cells[3], cells[6]});
    }
    return vectors;
}

Policy manifest_policy() {
    return {.rules = {{"STFC_CONNECTION"}, {"RFC_SYSTEM_INFO"}}, .clients = {}};
}

Identity identity(Identity::Mode mode) {
    return {.internal = SystemName::create("gw.corp.internal", 17).value(),
            .exposed = SystemName::create("abap.virtual", 0).value(),
            .mode = mode};
}

Conversation::Conversation(Policy policy, Identity::Mode mode, AfterRefusal after)
    : policy_(std::make_unique<Policy>(std::move(policy))),
      identity_(std::make_unique<Identity>(identity(mode))),
      inspector_({*policy_, *identity_, "abap.virtual:sapgw00", after}) {}

void Conversation::bring(Until until, BytesView like) {
    if (until == Until::start) return;
    client(load_data("session/01-gw-normal-client.bin"));
    back_end(load_data("session/02-gw-normal-client-reply.bin"));
    if (until == Until::gateway) return;
    client(load_data("session/03-initialize.bin"));
    auto reply = load_data("session/04-initialize-reply.bin");
    take_ids(reply, like);
    back_end(reply);
    if (until == Until::initialized) return;
    auto allocate = load_data("session/06-allocate.bin");
    take_ids(allocate, like);
    client(allocate);
    back_end(load_data("session/07-allocate-reply.bin"));
    if (until == Until::allocated) return;
    auto logon = load_data("session/08-logon-rfcping.bin");
    take_ids(logon, like);
    client(logon);
    back_end(load_data("session/09-logon-reply.bin"));
    if (until == Until::logged_on) return;
    auto call = load_data("session/10-stfc-connection.bin");
    take_ids(call, like);
    client(call);
}

template <class Look>
Outcome Conversation::feed(Bytes& buffer, BytesView bytes, std::size_t piece, Look look) {
    Outcome outcome;
    while (!bytes.empty() && !outcome.closed) {
        const auto part = bytes.first(std::min(piece, bytes.size()));
        append_bytes(buffer, part);
        bytes = bytes.subspan(part.size());
        for (bool more = true; more && !buffer.empty();) {
            const Step step = look(std::span<std::byte>(buffer));
            if (step.taken == 0 && !step.close) break;
            ++outcome.steps;
            append_bytes(outcome.forwarded, step.forward);
            append_bytes(outcome.answered, step.answer);
            if (step.event != Event::none) outcome.events.push_back(step.event);
            if (step.event == Event::call_allowed || step.event == Event::call_refused)
                outcome.functions.emplace_back(inspector_.call().function);
            if (step.refusal != Refusal::none) outcome.refusal = step.refusal;
            if (step.refusal != Refusal::none) outcome.reason = step.reason;
            outcome.closed = step.close;
            more = !step.close;
            buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(step.taken));
        }
    }
    return outcome;
}

Outcome Conversation::client(BytesView bytes, std::size_t piece) {
    return feed(from_client_, bytes, piece,
                [this](std::span<std::byte> received) { return inspector_.from_client(received); });
}

Outcome Conversation::back_end(BytesView bytes, std::size_t piece) {
    return feed(from_back_end_, bytes, piece, [this](std::span<std::byte> received) {
        return inspector_.from_back_end(received);
    });
}

Items& Items::add(std::uint16_t tag, std::string_view value) {
    append_u16(bytes_, tag);
    append_u16(bytes_, static_cast<std::uint16_t>(value.size()));
    append_bytes(bytes_, as_bytes(value));
    append_u16(bytes_, tag);
    return *this;
}

Items& Items::add_wide(std::uint16_t tag, std::string_view ascii) {
    Bytes wide;
    append_text(wide, ascii, CodePage::utf16_le);
    return add(tag, as_text(wide));
}

Items& Items::raw(std::string_view bytes) {
    append_bytes(bytes_, as_bytes(bytes));
    return *this;
}

Items Items::call(std::string_view function) {
    Items items;
    items.add(tag::call).add_wide(0x000b, "754").add_wide(tag::function, function).add(0x0512);
    return items;
}

Items Items::logon(std::string_view client, std::string_view user) {
    Items items;
    items.raw("\xd9\xc6\xc3\xf0\xf0\xf0\xf0\xf0\xf0\xf0\xf0\xf0");
    if (!client.empty()) items.add(tag::client, client);
    if (!user.empty()) items.add(tag::user, user);
    items.add(tag::password, "1234xyz").add(tag::call);
    return items;
}

Bytes send_frame(BytesView items) { return data_frame(0xcb, items, flags_of_last); }
Bytes send_part_frame(BytesView items) { return data_frame(0xcb, items, flags_of_part); }
Bytes middle_part_frame(BytesView items) { return data_frame(0x09, items, flags_of_part); }
Bytes last_part_frame(BytesView items) { return data_frame(0x09, items, flags_of_last); }

Bytes async_frame(BytesView items, bool barrier) {
    auto frame = barrier ? data_frame(0x07, items, {.info = 0x01}) : data_frame(0x08, items, {});
    write_u32(frame, frame_head_bytes + appc_at::parameters,
              static_cast<std::uint32_t>(items.size()));
    return frame;
}

Bytes receive_frame() {
    auto frame = data_frame(0x09, {}, {.info = 0x01});
    write_u32(frame, frame_head_bytes + appc_at::parameters, 28'000);
    return frame;
}

Bytes control_frame(std::uint8_t function) { return data_frame(function, {}, {}); }

Bytes operator+(Bytes a, const Bytes& b) {
    append_bytes(a, b);
    return a;
}

}  // namespace sallyport::rfc::testing
