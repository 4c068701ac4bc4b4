import anthropic

client = anthropic.Anthropic(api_key="none", http_client=anthropic.DefaultHttpxClient(http2=HTTP2))


def read(url, say):
    messages = client.with_options(base_url=url).messages
    with messages.stream(model="any", messages=[], max_tokens=9) as stream:
        for text in stream.text_stream:
            say(text=text)
        stream.get_final_message()


read_each(read)
