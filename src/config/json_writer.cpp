#include "config/json.h"

#include "base/rapidjson.h"

namespace weir::config {

namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void write_text(Writer& writer, const std::string& text) { writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }

void write_text(Writer& writer, const char* key, const std::string& text) {
    if (text.empty()) return;
    writer.Key(key);
    write_text(writer, text);
}

void write_texts(Writer& writer, const char* key, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    writer.Key(key);
    writer.StartArray();
    for (const auto& text : texts) write_text(writer, text);
    writer.EndArray();
}

void write_args(Writer& writer, const std::vector<Word>& args) {
    if (args.empty()) return;
    writer.Key("args");
    writer.StartArray();
    for (const auto& word : args) write_text(writer, word.text);
    writer.EndArray();
}

void write_nodes(Writer& writer, const char* key, const std::vector<Node>& nodes);

void write_node(Writer& writer, const Node& node) {
    writer.StartObject();
    write_texts(writer, "comments", node.before);
    writer.Key("directive");
    write_text(writer, node.name.text);
    write_args(writer, node.args);
    if (node.block != nullptr) {
        const auto& block = *node.block;
        write_text(writer, "block_comment", block.opening);
        write_nodes(writer, "block", block.nodes);
        write_texts(writer, "closing_comments", block.closing);
        if (block.is_one_line) {
            writer.Key("one_line");
            writer.Bool(true);
        }
    }
    write_text(writer, "comment", node.behind);
    writer.EndObject();
}

void write_nodes(Writer& writer, const char* key, const std::vector<Node>& nodes) {
    writer.Key(key);
    writer.StartArray();
    for (const auto& node : nodes) write_node(writer, node);
    writer.EndArray();
}

}  // namespace

std::string to_json(const Block& tree) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.SetIndent(' ', 2);
    writer.SetFormatOptions(rapidjson::kFormatSingleLineArray);
    writer.StartObject();
    write_nodes(writer, "directives", tree.nodes);
    write_texts(writer, "closing_comments", tree.closing);
    writer.EndObject();
    std::string out(buffer.GetString(), buffer.GetSize());
    return out + '\n';
}

}  // namespace weir::config
