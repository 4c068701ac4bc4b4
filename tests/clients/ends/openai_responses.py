import openai

client = openai.OpenAI(api_key="none", http_client=openai.DefaultHttpxClient(http2=HTTP2))


def read(url, say):
    responses = client.with_options(base_url=url).responses
    for event in responses.create(model="any", input="hello", stream=True):
        if event.type == "response.output_text.delta":
            say(text=event.delta)


read_each(read)
